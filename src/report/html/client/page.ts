import type { PageData } from './data.ts';
import { openLinked, startDetails } from './details.ts';
import { byId } from './dom.ts';
import { startMap } from './map.ts';
import { startTable } from './table.ts';
import { startTree } from './tree.ts';

// Makes the page's tables and its tree work. It shows only what is already in the page, and sends no request.
const data = JSON.parse(byId('graph').textContent) as PageData;
startTable();
startDetails();
startTree(data);
startMap(data);
openLinked();
