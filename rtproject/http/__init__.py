"""What every HTTP request passes before Django, and the headers of every answer."""
