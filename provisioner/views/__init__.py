"""The French that people read: words by code, reasons, dates."""
