# What the configuration found.
