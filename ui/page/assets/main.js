/*
 * Starts the page's scripts: they put the library and the source pane around Gradio's chat.
 *
 * The scripts add a document's text as text nodes and attributes only, never as HTML.
 */

import { startAnswers, startClock, watchConversation } from "./answer/conversation.js";
import { openLinked, watchMarks } from "./answer/marks.js";
import { startDrafts, startEchoes } from "./answer/question.js";
import { watchQuestions } from "./answer/request.js";
import { startStarters } from "./answer/suggestions.js";
import { startToasts } from "./controls/notices.js";
import { startAccount, startAdministration } from "./desk/account.js";
import { layOut, panels, startTabs } from "./desk/panes.js";
import { startScope } from "./desk/scope.js";
import { shortcutsButton, startShortcuts } from "./desk/shortcuts.js";
import { drawn } from "./gradio.js";
import { startHistory } from "./history/history.js";
import { declareLanguage } from "./i18n.js";
import { doingElement } from "./ingest/activity.js";
import { startLanguages } from "./library/languages.js";
import { startLibrary } from "./library/panel.js";
import { startModel } from "./model/model.js";
import { watchReading } from "./source/reading.js";

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
startEchoes();
startDrafts();
startStarters();
startLanguages();
startClock();
startModel();
startAccount();
startAdministration();

openLinked();

// A question may be in a right-to-left language.
drawn("#fn-question textarea").then((area) => (area.dir = "auto"));
