// The texts among these elements whose contrast with what is painted behind them is below 4.5 to 1 (WCAG 2, AA).
elements => {
  const parse = colour => { const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number); return [r, g, b, a]; };
  const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const ground = element => {
    const own = parse(getComputedStyle(element).backgroundColor);
    if (own[3] === 1) return own;
    const parent = element.parentElement ?? element.getRootNode().host;
    return over(own, parent ? ground(parent) : [255, 255, 255, 1]);
  };
  const linear = c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const contrast = element => {
    const below = ground(element);
    const [a, b] = [luminance(over(parse(getComputedStyle(element).color), below)), luminance(below)];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  const seen = elements.filter(element => element.checkVisibility());
  return seen.filter(element => contrast(element) < 4.5).map(element => element.outerHTML.slice(0, 80));
}
