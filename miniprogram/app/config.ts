/** Where the service is. The browser host maps this address to its own proxy. */
export const API_BASE = 'https://api.zhangzheng.example';
