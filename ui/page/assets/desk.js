/*
 * The desk around the chat: the library before it, the source that a footnote rests on behind it.
 *
 * Words of a document reach the page through text nodes and attributes only, never as markup.
 */

import { startAnswers } from "./answer/answers.js";
import { openLinked, watchMarks } from "./answer/citing.js";
import { watchConversation } from "./answer/conversation.js";
import { watchQuestions } from "./answer/request.js";
import { drawn } from "./gradio.js";
import { startHistory } from "./history/history.js";
import { declareLanguage } from "./i18n.js";
import { doingElement } from "./library/doing.js";
import { startLibrary } from "./library/library.js";
import { layOut } from "./panes.js";
import { startScope } from "./scope.js";
import { shortcutsButton, startShortcuts } from "./shortcuts.js";
import { watchReading } from "./source/reading.js";
import { panels, startTabs } from "./tabs.js";
import { startToasts } from "./toasts.js";

declareLanguage();
layOut();
startTabs(doingElement(), shortcutsButton());
document.querySelector("#fn-library-rail").append(shortcutsButton());
startLibrary(panels.library);
startHistory(panels.history);
startScope();
startShortcuts();
startToasts();
watchMarks();
watchReading();
watchConversation();
watchQuestions();
startAnswers();

openLinked();

// A question may be in a language that runs from right to left.
drawn("#fn-question textarea").then((area) => (area.dir = "auto"));
