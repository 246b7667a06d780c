// Loads the page anew when the issue has changed, and stays at the place that one was reading.
const seen = document.body.dataset.version;
new EventSource("/changes").onmessage = (event) => {
  if (event.data !== seen) location.reload();
};
