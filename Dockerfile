# Two images of one source: `web` (web service, upkeep, prediction; no torch) and `worker` (training).
#   docker build --target web -t equimark-web .
#   docker build --target worker -t equimark-worker .
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv --without-pip /opt/equimark
WORKDIR /build
# the name, the versions and the command alone: a change of our code does not install everything anew
COPY pyproject.toml constraints.txt ./
RUN touch README.md
# Left out: the tests of packages, the model tools of ONNX Runtime, and its library for programs in C, which its
# Python module does not load (35 MB). Bytecode is made of what a service imports, by importing it, and not of
# everything (56 MB, of which it would use half).
RUN pip --python /opt/equimark/bin/python install --no-compile -c constraints.txt ".[postgres,celery,s3,oidc]" && \
    cd /opt/equimark/lib/python3.*/site-packages && \
    find . -type d \( -name tests -o -name test \) -prune -exec rm -rf {} + && \
    rm -rf onnxruntime/transformers onnxruntime/tools onnxruntime/quantization onnxruntime/capi/libonnxruntime.so.* && \
    /opt/equimark/bin/python -c "import alembic.command, argon2, celery.apps.worker, celery.concurrency.prefork, \
        fastapi.sse, httpx2, jinja2, joserfc.jwk, joserfc.jwt, kombu.transport.redis, multipart, numpy, obstore.store, \
        onnxruntime, orjson, PIL.Image, psutil, psycopg, pydantic_settings, rich.progress, rich.table, \
        sqlalchemy.dialects.postgresql.psycopg, sqlalchemy.dialects.sqlite, starlette.middleware.gzip, \
        starlette.staticfiles, structlog, typer.rich_utils, uvicorn.lifespan.on, uvicorn.loops.asyncio, \
        uvicorn.protocols.http.h11_impl; PIL.Image.init()"

FROM packages AS training_packages
# PyPI's own torch brings several GB of CUDA, which a GPU needs (--build-arg TORCH_INDEX=); this index has the CPU's.
# Torch alone comes from there: of what it needs, that index keeps other versions than constraints.txt names
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN pip --python /opt/equimark/bin/python install --no-deps -c constraints.txt \
        ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} torch==2.13.0 && \
    pip --python /opt/equimark/bin/python install -c constraints.txt ".[postgres,celery,s3,oidc,train]"

FROM ${PYTHON_IMAGE} AS base
RUN groupadd --gid 10001 equimark && \
    useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/equimark --shell /usr/sbin/nologin equimark && \
    install -d -o equimark -g equimark -m 0750 /var/lib/equimark
ENV PATH=/opt/equimark/bin:$PATH PYTHONPATH=/srv/equimark PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    EQUIMARK_HOME_DIR=/var/lib/equimark EQUIMARK_LISTENS_IN_CONTAINER=true EQUIMARK_HOST=0.0.0.0
WORKDIR /srv/equimark
VOLUME /var/lib/equimark
ENTRYPOINT ["equimark"]

FROM base AS web
COPY --from=packages /opt/equimark /opt/equimark
# .dockerignore lets only the code pass
COPY . .
RUN python -m compileall -q app worker ml migrations
USER equimark
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=6 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD ["serve", "--no-worker"]

FROM base AS worker
COPY --from=training_packages /opt/equimark /opt/equimark
# .dockerignore lets only the code pass
COPY . .
RUN python -m compileall -q app worker ml migrations
USER equimark
# the worker touches a file of its host's name every few seconds (app/heartbeats.py)
HEALTHCHECK --interval=20s --timeout=5s --start-period=60s --retries=3 \
    CMD find /var/lib/equimark/work/workers -name "$(hostname):*" -mmin -1 | grep -q .
CMD ["worker", "--queues", "train"]
