from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from offices.exchange.files import FORMATS, MAX_BYTES, BrokenFile
from offices.exchange.services import source_file
from offices.exchange.tables import TABLES


def table_name(table: str) -> str:
    """The table's name as the reader knows it, with the name of its file."""
    name = str(TABLES[table].table_model()._meta.verbose_name_plural)
    return f"{name[:1].upper()}{name[1:]} ({table})"


def _tables():
    return [(table, table_name(table)) for table in TABLES]


class DownloadForm(forms.Form):
    table = forms.ChoiceField(label=gettext_lazy("Table"), choices=_tables)
    format = forms.ChoiceField(label=gettext_lazy("Format"), choices=[(name, name.upper()) for name in FORMATS])


class UploadForm(forms.Form):
    table = forms.ChoiceField(label=gettext_lazy("Table"), choices=_tables)
    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,
        max_length=200,
        widget=forms.FileInput(attrs={"accept": ".csv,.json"}),
    )

    def clean_file(self):
        if self.cleaned_data["file"].size > MAX_BYTES:
            raise forms.ValidationError(_("The file is larger than 2 MB."))
        return self.cleaned_data["file"]

    def clean(self):
        """`source`: the SourceFile."""
        data = super().clean()
        if data.get("file") is not None and data.get("table"):
            try:
                data["source"] = source_file(data["file"].name, data["file"].read(), table=data["table"])
            except BrokenFile as broken:
                self.add_error("file", broken.faults[0][2])
        return data
