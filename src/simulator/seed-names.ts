export const WORKSPACE_NAMES = ['Northwind Studio', 'Harbour Engineering', 'Juniper Legal', 'Meadow Care'] as const;

export const FIRST_NAMES = [
  'Ada',
  'Bruno',
  'Chiara',
  'Dmitri',
  'Elena',
  'Farid',
  'Greta',
  'Hiro',
  'Ines',
  'Jonas',
  'Katya',
  'Liam',
  'Mira',
  'Noah',
  'Olga',
  'Pavel',
  'Quinn',
  'Rosa',
  'Sven',
  'Tara',
] as const;

export const LAST_NAMES = ['Berg', 'Costa', 'Dubois', 'Evans', 'Fischer', 'Grant', 'Horvat', 'Ito', 'Jansen'] as const;

export const CLIENT_NAMES = ['Acorn Bank', 'Blue Whale Foods', 'Cobalt Airways', 'Delta Museum'] as const;

export const PROJECT_NAMES = [
  'Website',
  'Mobile app',
  'Annual report',
  'Migration',
  'Support',
  'Research',
  'Onboarding',
  'Audit',
  'Data platform',
  'Campaign',
  'Training',
  'Maintenance',
] as const;

export const TAG_NAMES = ['meeting', 'on-site', 'overtime', 'remote', 'review', 'urgent'] as const;

export const TASK_NAMES = ['Design', 'Build', 'Test'] as const;

export const DESCRIPTIONS = [
  '',
  'Stand-up',
  'Code review',
  'Customer call',
  'Fix "quoted" names, commas; and tabs',
  'Réunion d’équipe',
  'Überprüfung der Zahlen',
  'Planning',
  'Writing tests',
  '打ち合わせ',
  'Release 🚀',
  'Invoice questions',
] as const;

export const TIME_ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Sydney'] as const;

export const GROUP_NAMES = ['Designers', 'Engineers', 'Field staff', 'Interns', 'Partners', 'Reviewers'] as const;

export const EXPENSE_CATEGORIES = [
  { name: 'Lodging' },
  { name: 'Meals' },
  { name: 'Mileage', priceInCents: 30, unit: 'km' },
] as const;

export const EXPENSE_NOTES = ['', 'Lunch with the customer', 'Hôtel à Lyon', 'Train; return', 'Parking'] as const;
