import os
import signal

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Run the embedded Postgres and Redis in the foreground and print where they are. Ctrl-C stops them."
    requires_system_checks = ()

    def handle(self, *args, **options):
        """`cedars_intl.local.prepare` has started them; they stop when this process ends and nobody else uses them."""
        for name in ("DATABASE_URL", "REDIS_URL"):
            self.stdout.write(f"export {name}='{os.environ[name]}'")
        self.stdout.flush()
        self.stderr.write("Postgres and Redis are running. Ctrl-C stops them.", style_func=str)
        while True:
            signal.pause()
