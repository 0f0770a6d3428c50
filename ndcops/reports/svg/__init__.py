"""Drawing primitives for inline SVG, one concern a module; used by the reports."""
