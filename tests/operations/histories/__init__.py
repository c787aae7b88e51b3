"""Histories of an office, made by Hypothesis and played on the operations: the register, Keycloak and a model of
the rules must agree after each step.
"""
