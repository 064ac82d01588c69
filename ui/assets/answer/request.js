/** Commands to the conversation, which is kept on the server: ui/commands.py has what they may say. */

import { write } from "../gradio.js";

let number = 0;

/** `command` is {do: "ask"|"again"|"edit"|"open", question?, answer_id?, conversation_id?}. */
export const request = (command) => write("#fn-request", JSON.stringify({ n: ++number, ...command }));
