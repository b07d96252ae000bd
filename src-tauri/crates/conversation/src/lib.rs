//! Joins sound, picture, tools and the Live session into one conversation.
