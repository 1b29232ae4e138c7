// The page of documentation has both languages in it.

import { language, linkOtherLanguage } from "/static/page.js";

document.documentElement.lang = language;
linkOtherLanguage();
