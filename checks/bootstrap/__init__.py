"""Make a Talos cluster from a plan, from virtual machines to a verified stack, and delete it again."""
