// Comfort only: the page does the same without it. Files may be dropped anywhere on their field, what the server would
// refuse for sure is said before it is sent, and a long verification says that it is under way.
"use strict";

const form = document.getElementById("modulo");
const file = document.getElementById("documento");

function say(message) {
  const error = document.getElementById("documento-errore");
  error.textContent = message;
  error.hidden = message === "";
  file.closest(".varco-field").classList.toggle("varco-wrong", message !== "");
  if (message === "") {
    file.removeAttribute("aria-invalid");
  } else {
    file.setAttribute("aria-invalid", "true");
    file.focus();
  }
}

function fault() {
  const [chosen] = file.files;
  if (!chosen) {
    return form.dataset.missing;
  }
  if (chosen.size > Number(form.dataset.largest)) {
    return form.dataset.tooLarge;
  }
  return "";
}

function underWay(is) {
  document.getElementById("invia").setAttribute("aria-disabled", String(is));
  document.getElementById("stato").textContent = is ? form.dataset.underWay : "";
  form.dataset.sent = String(is);
}

if (form) {
  const field = file.closest("[data-drop]");
  field.querySelector("[data-drop-hint]").hidden = false;
  for (const kind of ["dragover", "dragleave", "drop"]) {
    field.addEventListener(kind, (event) => {
      event.preventDefault();
      field.classList.toggle("varco-over", kind === "dragover");
    });
  }
  field.addEventListener("drop", (event) => {
    if (event.dataTransfer.files.length > 0) {
      file.files = event.dataTransfer.files;
      say(fault());
    }
  });
  file.addEventListener("change", () => say(fault()));
  form.addEventListener("submit", (event) => {
    const message = form.dataset.sent === "true" ? null : fault();
    if (message === "") {
      underWay(true);
      return;
    }
    event.preventDefault();
    if (message) {
      say(message);
    }
  });
  // Back from the verdict by the browser's own button: the form can be sent again.
  window.addEventListener("pageshow", () => underWay(false));
}

// Paper has no triangle to click on.
window.addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) {
    details.open = true;
  }
});
