"""Who takes a request: rules choose the office and what is required; hours, languages and room choose who answers."""
