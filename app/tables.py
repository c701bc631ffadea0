"""All tables of the service, so that the metadata is whole for Alembic and for tests."""

from app.annotations.tables import LabelHead, Note, Revision, SettledFlag, Tally, UnmergedAnswer
from app.audit import AuditEntry
from app.db import Base
from app.events import ProjectEvent
from app.exchange.tables import Export, Import, ImportedFile
from app.idempotency import KeptAnswer
from app.images.tables import Image
from app.jobs import Job
from app.predictions.tables import Network, Prediction, Promotion, Unpredicted, UnpredictedList
from app.projects.tables import Project
from app.queue.tables import ArmSums, Ask, Hold, Lease
from app.training.tables import Run, RunPoint
from app.users.tables import ApiToken, Invitation, Membership, SignIn, SignInAttempt, User

__all__ = [
    "ApiToken",
    "ArmSums",
    "Ask",
    "AuditEntry",
    "Base",
    "Export",
    "Hold",
    "Image",
    "Import",
    "ImportedFile",
    "Invitation",
    "Job",
    "KeptAnswer",
    "LabelHead",
    "Lease",
    "Membership",
    "Network",
    "Note",
    "Prediction",
    "Project",
    "ProjectEvent",
    "Promotion",
    "Revision",
    "Run",
    "RunPoint",
    "SettledFlag",
    "SignIn",
    "SignInAttempt",
    "Tally",
    "UnmergedAnswer",
    "Unpredicted",
    "UnpredictedList",
    "User",
]
