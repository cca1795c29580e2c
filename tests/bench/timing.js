// Put into a page: `armed` becomes the milliseconds from the next keydown to the rendered answer.

window.rendered = (then) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = then;
    channel.port2.postMessage(0);
};
window.arm = (watch) => {
    window.armed = new Promise((resolve) => {
        const begin = (event) => watch(event.timeStamp, resolve);
        document.addEventListener('keydown', begin, {capture: true, once: true});
    });
};
window.armStage = () => {
    const stage = window.watched ?? document.querySelector('.stage'); // of several, the one looked at
    arm((start, resolve) => {
        const observer = new MutationObserver(() => {
            observer.disconnect();
            rendered(() => resolve(performance.now() - start));
        });
        observer.observe(stage, {attributeFilter: ['data-turn']});
        setTimeout(() => { observer.disconnect(); resolve(null); }, 8000);
    });
};
window.armImage = () => arm((start, resolve) => {
    const observer = new MutationObserver((records) => {
        const images = records.flatMap((r) => [...r.addedNodes]).filter((n) => n.querySelectorAll)
            .flatMap((n) => n.matches('img') ? [n] : [...n.querySelectorAll('img')])
            .concat(records.map((r) => r.target).filter((n) => n.matches?.('img')));
        if (!images.length) return;
        observer.disconnect();
        images.at(-1).decode().catch(() => 0).then(() => requestAnimationFrame(() =>
            rendered(() => resolve(performance.now() - start))));
    });
    observer.observe(document.querySelector('.jp-Notebook'),
        {childList: true, subtree: true, attributes: true, attributeFilter: ['src']});
    setTimeout(() => { observer.disconnect(); resolve(null); }, 8000);
});
