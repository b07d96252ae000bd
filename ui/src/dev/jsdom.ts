// What jsdom lacks and the components use. For tests only.

if (typeof window !== "undefined") {
  window.ResizeObserver ??= class {
    observe(): void {}
    unobserve(): void {}
    disconnect(): void {}
  };
  Element.prototype.scrollIntoView ??= () => {};
  const open = new WeakSet<HTMLElement>();
  const toggle = (element: HTMLElement, now: boolean) => {
    if (open.has(element) === now) return;
    if (now) open.add(element);
    else open.delete(element);
    element.dispatchEvent(Object.assign(new Event("toggle"), { newState: now ? "open" : "closed" }));
  };
  HTMLElement.prototype.showPopover ??= function (this: HTMLElement) {
    toggle(this, true);
  };
  HTMLElement.prototype.hidePopover ??= function (this: HTMLElement) {
    toggle(this, false);
  };
  HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
    this.setAttribute("open", "");
  };
  HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) {
    this.removeAttribute("open");
    this.dispatchEvent(new Event("close"));
  };
}
