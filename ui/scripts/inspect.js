// Runs in the page: finds what lies on something else, is cut off, or spills over. Returns sentences; none is good.
(() => {
  const found = [];
  // The last one that was opened lies over the others, and a menu over all of them.
  const modal = document.querySelector(".menu:popover-open") ?? [...document.querySelectorAll("dialog[open]")].at(-1);
  const root = modal ?? document.body;
  const say = (element) => {
    const words = (element.getAttribute("aria-label") ?? element.textContent ?? "").trim().slice(0, 40);
    return `${element.tagName.toLowerCase()}.${[...element.classList].join(".")} “${words}”`;
  };
  const page = document.documentElement;
  if (page.scrollWidth > innerWidth + 1) found.push(`the page is ${page.scrollWidth - innerWidth} px too wide`);

  /** The part of a box that its scrolling or clipping ancestors leave. */
  function visible(first, box) {
    let { left, top, right, bottom } = box;
    for (let parent = first; parent; parent = parent.parentElement) {
      const style = getComputedStyle(parent);
      if (style.overflowX === "visible" && style.overflowY === "visible") continue;
      const edge = parent.getBoundingClientRect();
      if (parent === page || parent === document.body) continue;
      [left, top] = [Math.max(left, edge.left), Math.max(top, edge.top)];
      [right, bottom] = [Math.min(right, edge.right), Math.min(bottom, edge.bottom)];
    }
    [left, top] = [Math.max(left, 0), Math.max(top, 0)];
    [right, bottom] = [Math.min(right, innerWidth), Math.min(bottom, innerHeight)];
    return right - left > 2 && bottom - top > 2 ? { left, top, right, bottom } : null;
  }
  const shown = (element) => {
    // For screen readers alone.
    if (element.closest(".sr, [hidden]") || getComputedStyle(element).clipPath === "inset(50%)") return false;
    return element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  };

  // Each control answers where it is seen.
  const controls = root.querySelectorAll("button, a[href], input, select, textarea, summary");
  for (const control of controls) {
    if (!control.checkVisibility({ visibilityProperty: true }) || control.disabled) continue;
    const box = visible(control.parentElement, control.getBoundingClientRect());
    // Of a strip at the edge of what scrolls, round corners leave nothing to hit.
    if (!box || box.bottom - box.top < 8 || box.right - box.left < 8) continue;
    const inset = 3;
    const points = [
      [(box.left + box.right) / 2, (box.top + box.bottom) / 2],
      [box.left + inset, (box.top + box.bottom) / 2],
      [box.right - inset, (box.top + box.bottom) / 2],
    ];
    for (const [x, y] of points) {
      const top = document.elementFromPoint(x, y);
      const isOurs =
        top && (control.contains(top) || top.contains(control) || top.closest("label")?.control === control);
      // A button within its field.
      const isWithin = top?.closest(".with-field") && control.closest(".with-field") === top.closest(".with-field");
      if (isOurs || isWithin) continue;
      // The sticky deck of a low window covers what can be scrolled out from under it.
      if (top?.closest(".deck") && !control.closest(".deck") && page.scrollHeight > innerHeight) continue;
      found.push(`${say(control)} lies under ${top ? say(top) : "nothing"}`);
      break;
    }
  }

  // No text lies on other text, and none is cut without a sign.
  const texts = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.textContent.trim() || !shown(element) || element.closest("select, option, textarea, script, style"))
      continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const rect of range.getClientRects()) {
      if (rect.width < 2 || rect.height < 2) continue;
      const box = visible(element, rect);
      if (box) texts.push({ element, box, words: node.textContent.trim().slice(0, 30) });
    }
    const style = getComputedStyle(element);
    const isClipped = style.overflowX === "hidden" || style.overflowX === "clip";
    if (
      isClipped &&
      style.textOverflow !== "ellipsis" &&
      style.webkitLineClamp === "none" &&
      element.scrollWidth > element.clientWidth + 1
    )
      found.push(`${say(element)} is cut`);
  }
  const sticky = (element) => element.closest(".deck, .bar");
  for (const [index, a] of texts.entries())
    for (const b of texts.slice(index + 1)) {
      if (a.element === b.element || a.element.contains(b.element) || b.element.contains(a.element)) continue;
      const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
      const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
      if (across < 2 || down < 5) continue;
      if (page.scrollHeight > innerHeight && !sticky(a.element) !== !sticky(b.element)) continue;
      found.push(`“${a.words}” and “${b.words}” lie on one another`);
    }

  // What does not fit its box can be scrolled to.
  for (const region of root.querySelectorAll(
    ".stage, .stage-words, .deck, .bar, .notices, .panel, .notice, .row, .level-label",
  )) {
    if (!shown(region)) continue;
    const style = getComputedStyle(region);
    const down = region.scrollHeight - region.clientHeight;
    if (style.overflowY === "hidden" && down > 1) found.push(`${say(region)} hides ${down} px below`);
    if (style.overflowX === "hidden" && region.scrollWidth - region.clientWidth > 1)
      found.push(`${say(region)} hides what is beside`);
  }
  return [...new Set(found)];
})();
