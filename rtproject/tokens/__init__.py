"""Tokens of programs: what a site gives to other code, so that it may call over HTTP."""
