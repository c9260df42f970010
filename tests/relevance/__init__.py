"""How well the search finds what the judged queries ask for: `./commerce relevance`."""
