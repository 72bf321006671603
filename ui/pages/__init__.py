"""The tabs of the studio: layout and small handlers, one module a tab."""
