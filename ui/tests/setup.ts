/** Things every page test needs. */
