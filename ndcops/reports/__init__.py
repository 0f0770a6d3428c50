"""HTML and Markdown pages in Vietnamese and English, self-contained; called by the command line."""
