/** The build puts uPlot's module here. */
export { default } from 'uplot';
