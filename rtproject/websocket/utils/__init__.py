"""Small tools of the kernel, which any other code may use."""
