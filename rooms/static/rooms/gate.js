// The page of a guarded room for a visitor who is not in yet.

import { pageWords } from "../rtproject/ui_text.js";
import { PasswordPrompt } from "./password_prompt.js";

new PasswordPrompt(document, pageWords().password, () => location.replace(location.pathname));
