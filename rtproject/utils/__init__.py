"""Small tools that any Django code could use. They import Django and Channels alone."""
