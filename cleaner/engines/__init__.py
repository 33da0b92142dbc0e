"""Engines that do a job on more machines than one. The engine for this machine is :mod:`cleaner.workers`."""
