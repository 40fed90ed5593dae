# consentfeed without PostgreSQL: `serve` unless another command is given. docker-compose.yml uses it.
# The base is the one thing here that its name does not fix: docs/operations.md, "What is installed".
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
# What is installed is locked, and what installs it too. Wheels alone: nothing is compiled, no package runs code of its own.
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ONLY_BINARY=:all: PIP_ROOT_USER_ACTION=ignore
COPY requirements/build.txt requirements/service.txt /requirements/
RUN python3 -m venv /opt/build \
 && /opt/build/bin/python -m pip install --require-hashes -r /requirements/build.txt \
 && python3 -m venv --without-pip /opt/consentfeed \
 && /opt/build/bin/python -m pip --python /opt/consentfeed/bin/python install --require-hashes -r /requirements/service.txt
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY sql sql
COPY consentfeed consentfeed
RUN /opt/build/bin/python -m pip wheel --no-deps --no-build-isolation --wheel-dir /wheel . \
 && /opt/build/bin/python -m pip --python /opt/consentfeed/bin/python install --no-deps /wheel/*.whl

FROM ${BASE}
COPY --from=build /opt/consentfeed /opt/consentfeed
# The modules are compiled already, and the file system is for reading.
ENV PATH=/opt/consentfeed/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CONSENTFEED_HOST=0.0.0.0
USER 10001:10001
WORKDIR /
EXPOSE 3001
ENTRYPOINT ["consentfeed"]
CMD ["serve"]
