// To try the API: the vendored Swagger UI over the description that this service gives of itself.
const dark = matchMedia("(prefers-color-scheme: dark)");
const dress = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", dress);
dress();

// An address that names an operation opens it. Swagger UI's own way complains of the underscores in the names.
const follow = (_, { layoutActions }) => (hash) => {
  const [tag, name] = hash.slice(2).split("/");
  if (!name) return;
  const key = ["operations", tag, name];
  layoutActions.show(key, true);
  layoutActions.scrollTo(key);
  layoutActions.scrollToVirtualizedOperation(key);
};

// The field of a parameter, with its name for who cannot see what stands beside it.
const named = (Field, { React }) => (props) =>
  React.createElement("label", { className: "named" },
    React.createElement("span", null, props.description), React.createElement(Field, props));

const ours = {
  statePlugins: { layout: { wrapActions: { parseDeepLinkHash: follow } } },
  wrapComponents: {
    InfoContainer: () => () => null, // the reference has it
    JsonSchema_boolean: named,
    JsonSchema_string: named,
  },
};

const place = document.getElementById("docs");
SwaggerUIBundle({
  domNode: place,
  url: place.dataset.openapi,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: -1, // the reference has them
  displayRequestDuration: true,
  plugins: [() => ours],
  supportedSubmitMethods: ["get"],
  tryItOutEnabled: true,
  validatorUrl: null, // would send the address of the description to another host
});
