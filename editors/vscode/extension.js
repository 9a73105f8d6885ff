// Starts `dearly lsp` and connects VS Code to it. What it offers, the server says.

"use strict";

const { workspace } = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");

let client;

function activate() {
  const folder = workspace.workspaceFolders?.[0]?.uri.fsPath ?? "";
  const command = workspace.getConfiguration("dearly").get("command").replace("${workspaceFolder}", folder);
  const server = { command, args: ["lsp"], transport: TransportKind.stdio };
  const documents = [
    { scheme: "file", language: "dearly" },
    { scheme: "file", pattern: "**/templates/**/*.{html,txt,subject}" },
  ];
  client = new LanguageClient("dearly", "Dearly", server, { documentSelector: documents });
  return client.start();
}

function deactivate() {
  return client?.stop();
}

module.exports = { activate, deactivate };
