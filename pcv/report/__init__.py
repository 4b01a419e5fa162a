"""Results to look at: tables, pictures, pages and model cards."""
