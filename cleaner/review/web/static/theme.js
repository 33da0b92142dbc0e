// Sets the chosen look before anything is drawn.
"use strict";
try {
  const theme = localStorage.getItem("cleaner-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch { /* no storage: the system's look it is */ }
