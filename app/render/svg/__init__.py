"""Pictures of rates, for pages without a script: a badge and a sparkline, each a document of its own."""
