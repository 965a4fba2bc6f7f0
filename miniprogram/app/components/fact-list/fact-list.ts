// Facts to check: an icon, what it is, its value.
export interface Fact {
  icon: string;
  label: string;
  value: string;
}

Component({ properties: { facts: { type: Array, value: [] as Fact[] } } });
