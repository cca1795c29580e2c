// On a narrow screen the table of contents starts folded.
const contents = document.querySelector(".contents details");
if (matchMedia("(max-width: 900px)").matches) contents.open = false;
