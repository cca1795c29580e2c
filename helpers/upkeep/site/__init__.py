"""The static site: every notebook as a page that any host serves and that asks no other host for anything."""
