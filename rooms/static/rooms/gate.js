// The page of a guarded room for whoever is not in yet.

import { pageWords } from "../rtproject/words.js";
import { PasswordPrompt } from "./password_prompt.js";

new PasswordPrompt(document, pageWords().password, () => location.replace(location.pathname));
