"""The application."""

NAME = {{ cookiecutter.application | tojson }}
