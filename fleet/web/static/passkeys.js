// SPDX-License-Identifier: Apache-2.0
// Asks the device for a passkey and sends its answer with the form. It stores nothing and calls nobody.
"use strict";

const asks = {
  create: options => navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }),
  get: options => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }),
};

function told(credential) {
  const { id, rawId, type, response } = credential.toJSON();
  const kept = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
    if (response[name] && !(name === "authenticatorData" && response.attestationObject)) kept[name] = response[name];
  return JSON.stringify({ id, rawId, type, response: kept, clientExtensionResults: {} });
}

async function send(form) {
  const trouble = form.querySelector("[data-trouble]");
  trouble.hidden = true;
  try {
    form.elements.answer.value = told(await asks[form.dataset.passkey](JSON.parse(form.dataset.options)));
    form.submit();
  } catch {
    trouble.hidden = false;
  }
}

if (window.PublicKeyCredential && PublicKeyCredential.parseRequestOptionsFromJSON) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", event => { event.preventDefault(); send(form); });
  }
  for (const note of document.querySelectorAll("[data-without-script]")) note.hidden = true;
}
