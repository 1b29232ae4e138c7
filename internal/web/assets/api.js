// The page of documentation has both languages in it.

import { setLanguage } from "/static/page.js";

setLanguage();
