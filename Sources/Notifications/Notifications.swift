// Receivers of notifications: what is sent to each, and how.
