"""One function per subcommand: check the input, build the parts, run them, write the result.

Nothing is imported here: ``pcv info`` and ``pcv prepare`` must not wait for torch.
"""
