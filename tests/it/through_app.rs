//! The commands of `app` as every host calls them.
