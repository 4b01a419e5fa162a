"""A dataset, an encoder and two objectives for pcv, as a package of somebody else has them."""
