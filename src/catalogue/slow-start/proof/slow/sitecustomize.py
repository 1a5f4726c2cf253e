"""Stands for a host that is too busy to start processes: each child begins four seconds late."""
import os
import time

real_fork = os.fork


def slow_fork():
    child = real_fork()
    if child == 0:
        time.sleep(4)
    return child


os.fork = slow_fork
