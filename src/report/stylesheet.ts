import { paletteCss } from './palette.ts';

/** The style of the HTML report: one column, light or dark as the reader's screen asks, always light on paper. */
export function stylesheet(): string {
  return `${paletteCss()}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:64rem;margin:0 auto;padding:2.5rem 1.5rem 4rem}
h1{font-size:2.1rem;line-height:1.15;margin:0;overflow-wrap:anywhere}
h2{font-size:1.35rem;margin:3rem 0 1rem;padding-top:.7rem;border-top:2px solid var(--ink)}
h3{font-size:1.05rem;margin:1.6rem 0 .5rem}
p,ul{max-width:46rem;margin:.6rem 0}
ul{padding-left:1.2rem}
.period{color:var(--faint);margin:.4rem 0 0}
.verdict{font:1.2rem/1.55 Charter,"Bitstream Charter","Iowan Old Style",Georgia,serif;max-width:none;margin:1.5rem 0;padding:1rem 1.3rem;background:var(--panel);border-left:4px solid var(--strategy)}
.verdict p{max-width:none;margin:.4rem 0}
.key{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:1px;margin:1.5rem 0}
.key div{outline:1px solid var(--rule);padding:.7rem .9rem}
.key b{display:block;font-size:1.5rem;line-height:1.25;font-variant-numeric:tabular-nums}
.key span{display:block;color:var(--faint);font-size:.9rem}
figure{margin:1.2rem 0 2rem;break-inside:avoid}
figure svg{display:block;width:100%;height:auto}
figure text{font-family:inherit!important}
figcaption{margin-top:.4rem;color:var(--faint);font-size:.92rem;max-width:46rem}
.table{overflow-x:auto;margin:1rem 0}
table{border-collapse:collapse;min-width:min(36rem,100%);font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .5rem;text-align:right;white-space:nowrap;border-bottom:1px solid var(--rule)}
th{vertical-align:bottom;white-space:normal;color:var(--faint);font-weight:600;border-bottom:2px solid var(--rule)}
.words{text-align:left;white-space:normal;overflow-wrap:anywhere;min-width:6.6rem}
td.cut{text-align:center;color:var(--faint);font-style:italic}
tbody tr:hover{background:var(--panel)}
dl{display:grid;grid-template-columns:minmax(8rem,max-content) 1fr;gap:.25rem 1.5rem;margin:1rem 0}
dt{color:var(--faint)}
dd{margin:0;overflow-wrap:anywhere}
pre{background:var(--panel);padding:1rem;overflow-x:auto;font:.85rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
@media print{
@page{margin:14mm}
body{font-size:10.5pt}
main{max-width:none;padding:0}
h2,h3{break-after:avoid}
.table{overflow:visible}
table{font-size:7.5pt}
th,td{padding:.15rem .3rem}
.words{min-width:4.6rem}
tr{break-inside:avoid}
}`;
}
