"""Where values live: files, the configuration, and the clusters of releases they make up."""
