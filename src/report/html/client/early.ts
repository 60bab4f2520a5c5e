// Runs before the page is laid out: what the script will show step by step is hidden from the start.
document.documentElement.classList.add('js');
